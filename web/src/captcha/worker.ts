// Solves one captcha beside the page, which stays quick meanwhile.
import { captcha_solve, type Challenge } from "./solve.ts";

onmessage = (event: MessageEvent<Challenge>) => postMessage(captcha_solve(event.data));
