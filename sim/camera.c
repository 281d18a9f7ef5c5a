#include "camera.h"
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <jpeglib.h>
#include <libswscale/swscale.h>
#include <x264.h>
#include "base/mem.h"
#include "picture.h"

enum { JPEG_QUALITY = 82 };

struct camera {
	x264_t *encoder;
	struct picture picture;
	int64_t frames;
	bool whole_nals;
};

int camera_new(bool whole_nals, struct camera **ret_camera)
{
	struct camera *c = calloc(1, sizeof(*c));
	x264_param_t param;

	if (!c)
		return ENOMEM;
	x264_param_default_preset(&param, "ultrafast", "zerolatency");
	param.i_log_level = X264_LOG_NONE;
	param.i_threads = 1;
	param.i_width = PICTURE_WIDTH;
	param.i_height = PICTURE_HEIGHT;
	param.i_csp = X264_CSP_I420;
	param.i_fps_num = CAMERA_FPS;
	param.i_fps_den = 1;
	param.b_vfr_input = 0;
	param.i_keyint_max = CAMERA_KEY_FRAMES;
	param.i_level_idc = 30;
	param.b_repeat_headers = 1; /* whoever joins late finds SPS and PPS before each key frame */
	param.b_annexb = 1;
	param.rc.i_rc_method = X264_RC_ABR;
	param.rc.i_bitrate = CAMERA_KBITS;
	param.rc.i_vbv_max_bitrate = 2 * CAMERA_KBITS;
	param.rc.i_vbv_buffer_size = CAMERA_KBITS;
	if (whole_nals)
		param.i_slice_max_size = H264_PAYLOAD_MAX;
	c->whole_nals = whole_nals;
	if (!x264_param_apply_profile(&param, "baseline"))
		c->encoder = x264_encoder_open(&param);
	if (!c->encoder) {
		free(c);
		return EINVAL;
	}
	*ret_camera = c;
	return 0;
}

void camera_free(struct camera *c)
{
	if (!c)
		return;
	x264_encoder_close(c->encoder);
	free(c);
}

static int emit_nals(const struct camera *c, const x264_nal_t *nals, int count, h264_emit *emit,
		     void *arg)
{
	for (int i = 0; i < count; i++) {
		size_t n = (size_t)nals[i].i_payload;
		size_t skip = h264_start_code(nals[i].p_payload, n);
		int err = h264_packetize(nals[i].p_payload + skip, n - skip, i == count - 1,
					 !c->whole_nals, emit, arg);
		if (err)
			return err;
	}
	return 0;
}

int camera_frame(struct camera *c, int64_t wall_ms, bool open, bool key, h264_emit *emit, void *arg)
{
	x264_picture_t in, out;
	x264_nal_t *nals = NULL;
	int count = 0;

	picture_draw(&c->picture, wall_ms, open);
	x264_picture_init(&in);
	in.i_type = key ? X264_TYPE_IDR : X264_TYPE_AUTO;
	in.i_pts = c->frames++;
	in.img.i_csp = X264_CSP_I420;
	in.img.i_plane = 3;
	in.img.plane[0] = c->picture.y[0];
	in.img.plane[1] = c->picture.u[0];
	in.img.plane[2] = c->picture.v[0];
	in.img.i_stride[0] = PICTURE_WIDTH;
	in.img.i_stride[1] = in.img.i_stride[2] = PICTURE_WIDTH / 2;
	if (x264_encoder_encode(c->encoder, &nals, &count, &in, &out) < 0)
		return EIO;
	return emit_nals(c, nals, count, emit, arg);
}

static int scale(const struct picture *p, int width, int height, uint8_t *rgb)
{
	const uint8_t *const planes[] = { p->y[0], p->u[0], p->v[0] };
	const int strides[] = { PICTURE_WIDTH, PICTURE_WIDTH / 2, PICTURE_WIDTH / 2 };
	uint8_t *const out[] = { rgb };
	const int out_strides[] = { 3 * width };
	struct SwsContext *sws =
		sws_getContext(PICTURE_WIDTH, PICTURE_HEIGHT, AV_PIX_FMT_YUV420P, width, height,
			       AV_PIX_FMT_RGB24, SWS_BILINEAR, NULL, NULL, NULL);
	if (!sws)
		return ENOMEM;
	sws_scale(sws, planes, strides, 0, PICTURE_HEIGHT, out, out_strides);
	sws_freeContext(sws);
	return 0;
}

struct jpeg_fail {
	struct jpeg_error_mgr mgr; /* first: libjpeg knows only this */
	jmp_buf out;
};

/* libjpeg's own handler would end the program. */
static void jpeg_failed(j_common_ptr cinfo)
{
	struct jpeg_fail *fail = (struct jpeg_fail *)cinfo->err;
	longjmp(fail->out, 1);
}

static int compress(const uint8_t *rgb, int width, int height, unsigned char **ret_jpeg,
		    unsigned long *ret_n)
{
	struct jpeg_compress_struct cinfo = {};
	struct jpeg_fail fail;

	cinfo.err = jpeg_std_error(&fail.mgr);
	fail.mgr.error_exit = jpeg_failed;
	if (setjmp(fail.out)) {
		jpeg_destroy_compress(&cinfo);
		return ENOMEM;
	}
	jpeg_create_compress(&cinfo);
	jpeg_mem_dest(&cinfo, ret_jpeg, ret_n);
	cinfo.image_width = (JDIMENSION)width;
	cinfo.image_height = (JDIMENSION)height;
	cinfo.input_components = 3;
	cinfo.in_color_space = JCS_RGB;
	jpeg_set_defaults(&cinfo);
	jpeg_set_quality(&cinfo, JPEG_QUALITY, TRUE);
	jpeg_start_compress(&cinfo, TRUE);
	while (cinfo.next_scanline < cinfo.image_height) {
		const uint8_t *line = rgb + (size_t)cinfo.next_scanline * 3 * (size_t)width;
		JSAMPROW row = (JSAMPROW)(uintptr_t)line;
		jpeg_write_scanlines(&cinfo, &row, 1);
	}
	jpeg_finish_compress(&cinfo);
	jpeg_destroy_compress(&cinfo);
	return 0;
}

int camera_snapshot(int64_t wall_ms, bool open, int width, int height, uint8_t **ret_jpeg,
		    size_t *ret_n)
{
	AUTO_FREE struct picture *p = malloc(sizeof(*p));
	AUTO_FREE uint8_t *rgb = malloc((size_t)width * (size_t)height * 3);
	unsigned char *jpeg = NULL;
	unsigned long n = 0;

	if (!p || !rgb)
		return ENOMEM;
	picture_draw(p, wall_ms, open);
	int err = scale(p, width, height, rgb);
	if (!err)
		err = compress(rgb, width, height, &jpeg, &n);
	if (err) {
		free(jpeg);
		return err;
	}
	*ret_jpeg = jpeg;
	*ret_n = n;
	return 0;
}
