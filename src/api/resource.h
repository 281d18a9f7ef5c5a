/* api/resource.h - the handlers and shapes that the route table names; one file per resource.
 * Handlers run on a worker's thread. */
#pragma once
#include "api/shape.h"

struct request;

extern const struct shape sign_in_shape, session_shape, setup_shape, verify_shape;
int api_session_post(struct request *r);
int api_session_get(struct request *r);
int api_session_delete(struct request *r);
int api_session_verify(struct request *r);
int api_session_verify_options(struct request *r);
int api_session_verify_passkey(struct request *r);
int api_session_passkey_options(struct request *r);
int api_session_passkey(struct request *r);
int api_setup_post(struct request *r);

extern const struct shape app_sign_in_shape, app_shape, app_call_shape;
int api_app_session_post(struct request *r);
int api_app_session_delete(struct request *r);
int api_app_get(struct request *r);
int api_app_call_list(struct request *r);
int api_app_live_get(struct request *r);

extern const struct shape push_key_shape, push_shape, push_told_shape;
int api_push_get(struct request *r);
int api_push_put(struct request *r);
int api_push_delete(struct request *r);
int api_push_seen(struct request *r);
int api_push_open(struct request *r);

extern const struct shape registration_shape, registration_state_shape, activation_shape;
int api_registration_get(struct request *r);
int api_captcha_get(struct request *r);
int api_registration_post(struct request *r);
int api_activation_post(struct request *r);

extern const struct shape forgotten_shape, reset_shape;
int api_password_forgotten(struct request *r);
int api_password_reset(struct request *r);

extern const struct shape me_shape, me_edit_shape, password_edit_shape, email_edit_shape;
extern const struct shape email_confirm_shape, session_entry_shape;
int api_me_get(struct request *r);
int api_me_put(struct request *r);
int api_me_password(struct request *r);
int api_me_password_delete(struct request *r);
int api_me_email(struct request *r);
int api_me_email_confirm(struct request *r);
int api_me_session_list(struct request *r);
int api_me_session_delete(struct request *r);
int api_me_session_delete_others(struct request *r);

extern const struct shape code_shape, totp_secret_shape, totp_confirm_shape, recovery_codes_shape;
int api_session_second(struct request *r);
int api_session_second_options(struct request *r);
int api_session_second_passkey(struct request *r);
int api_totp_post(struct request *r);
int api_totp_confirm(struct request *r);
int api_totp_delete(struct request *r);
int api_recovery_codes_post(struct request *r);
int api_recovery_codes_kept(struct request *r);

extern const struct shape passkey_shape, passkey_edit_shape, passkey_new_shape, passkey_added_shape;
extern const struct shape passkey_options_shape, passkey_ask_shape, passkey_answer_shape;
extern const struct shape passkey_known_shape;
int api_passkey_list(struct request *r);
int api_passkey_get(struct request *r);
int api_passkey_options(struct request *r);
int api_passkey_post(struct request *r);
int api_passkey_put(struct request *r);
int api_passkey_delete(struct request *r);

extern const struct shape site_edit_shape, site_shape;
int api_site_list(struct request *r);
int api_site_post(struct request *r);
int api_site_get(struct request *r);
int api_site_put(struct request *r);
int api_site_delete(struct request *r);
extern const struct shape type_edit_shape, type_change_shape;
int api_type_change_get(struct request *r);
int api_type_change_put(struct request *r);

extern const struct shape summary_shape, search_shape;
int api_summary_get(struct request *r);
int api_search_get(struct request *r);

extern const struct shape apartment_edit_shape, apartment_shape;
int api_apartment_list(struct request *r);
int api_apartment_post(struct request *r);
int api_apartment_get(struct request *r);
int api_apartment_put(struct request *r);
int api_apartment_delete(struct request *r);

extern const struct shape user_edit_shape, user_shape;
int api_user_list(struct request *r);
int api_user_post(struct request *r);
int api_user_get(struct request *r);
int api_user_put(struct request *r);
int api_user_delete(struct request *r);
int api_user_invitation_post(struct request *r);

extern const struct shape residents_edit_shape, residents_shape, resident_edit_shape;
int api_resident_list(struct request *r);
int api_resident_post(struct request *r);
int api_resident_put(struct request *r);
int api_resident_delete(struct request *r);

extern const struct shape home_shape, move_out_shape, move_out_edit_shape;
int api_home_list(struct request *r);
int api_home_get(struct request *r);
int api_move_out_get(struct request *r);
int api_move_out_post(struct request *r);

extern const struct shape company_edit_shape, company_shape;
extern const struct shape company_admin_edit_shape, company_admin_shape;
int api_company_list(struct request *r);
int api_company_post(struct request *r);
int api_company_get(struct request *r);
int api_company_put(struct request *r);
int api_company_admin_list(struct request *r);
int api_company_admin_post(struct request *r);
int api_company_admin_delete(struct request *r);

extern const struct shape device_edit_shape, device_shape, credentials_shape;
int api_device_list(struct request *r);
int api_device_post(struct request *r);
int api_device_get(struct request *r);
int api_device_put(struct request *r);
int api_device_delete(struct request *r);
int api_credentials_get(struct request *r);
int api_credentials_post(struct request *r);

extern const struct shape buttons_shape, test_call_shape;
int api_buttons_get(struct request *r);
int api_buttons_put(struct request *r);
int api_button_test(struct request *r);

extern const struct shape switches_shape;
int api_switches_get(struct request *r);
int api_switches_put(struct request *r);

extern const struct shape local_shape;
int api_local_get(struct request *r);

extern const struct shape call_shape, call_detail_shape;
int api_call_list(struct request *r);
int api_call_get(struct request *r);
int api_picture_get(struct request *r);
int api_app_picture_get(struct request *r);
int api_app_picture_put(struct request *r);
int api_app_snapshot_get(struct request *r);

extern const struct shape audit_shape;
int api_audit_list(struct request *r);

extern const struct shape phone_directory_entry_shape, phone_directory_edit_shape, phone_directory_shape;
int api_phone_directory_list(struct request *r);
int api_phone_directory_get(struct request *r);
int api_phone_directory_post(struct request *r);
int api_phone_directory_put(struct request *r);
int api_phone_directory_delete(struct request *r);

extern const struct shape line_edit_shape, line_shape;
int api_line_get(struct request *r);
int api_line_put(struct request *r);
int api_line_delete(struct request *r);

extern const struct shape quiet_shape;
int api_quiet_get(struct request *r);
int api_quiet_put(struct request *r);

extern const struct shape contact_edit_shape, contact_shape;
int api_contact_list(struct request *r);
int api_contact_get(struct request *r);
int api_contact_post(struct request *r);
int api_contact_put(struct request *r);
int api_contact_delete(struct request *r);

extern const struct shape ticket_edit_shape, ticket_entry_shape, ticket_shape, ticket_state_shape;
extern const struct shape ticket_context_shape, ticket_message_edit_shape, ticket_message_shape;
int api_ticket_list(struct request *r);
int api_ticket_context_get(struct request *r);
int api_ticket_post(struct request *r);
int api_ticket_get(struct request *r);
int api_ticket_put(struct request *r);
int api_ticket_message_post(struct request *r);

extern const struct shape erase_preview_shape, erased_shape;
int api_own_data_get(struct request *r);
int api_user_data_get(struct request *r);
int api_erase_get(struct request *r);
int api_erase_post(struct request *r);

extern const struct shape import_shape, import_row_shape, import_start_shape;
int api_import_list(struct request *r);
int api_import_post(struct request *r);
int api_import_get(struct request *r);
int api_import_rows(struct request *r);
int api_import_start(struct request *r);
int api_import_delete(struct request *r);
int api_import_template(struct request *r);
int api_import_result(struct request *r);
int api_user_export(struct request *r);

extern const struct shape suspect_shape;
extern const struct shape suspect_edit_shape;
int api_suspect_list(struct request *r);
int api_suspect_forget(struct request *r);

extern const struct shape mail_shape, mail_letter_shape, outbox_shape;
int api_mail_list(struct request *r);
int api_mail_get(struct request *r);
int api_mail_html_get(struct request *r);
int api_outbox_get(struct request *r);
int api_mail_retry(struct request *r);

extern const struct shape live_event_shape;
int api_live_get(struct request *r);

int api_openapi_get(struct request *r);
