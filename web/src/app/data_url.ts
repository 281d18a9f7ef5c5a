// A picture as a data: URL, which the policy of the app's pages allows, and a worker can make.
export async function data_url(picture: Blob): Promise<string> {
	return await new Promise((done, fail) => {
		const reader = new FileReader();
		reader.onload = () => done(String(reader.result));
		reader.onerror = () => fail(new Error("no picture"));
		reader.readAsDataURL(picture);
	});
}
