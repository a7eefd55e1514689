// What the page says to the reader outside its parts: the line under the head, and the sign-in.
import { ApiError, forgetToken } from './api.js';
import { byId, fill } from './dom.js';

export function announce(text, isProblem = false) {
  const line = byId('announce');
  line.classList.toggle('problem', isProblem);
  fill(line, text);
}

export function askForToken(problem = null) {
  byId('main').hidden = true;
  byId('who').hidden = true;
  byId('switch').hidden = true;
  byId('forget').hidden = true;
  document.body.classList.remove('is-simulated');
  announce('');
  fill(byId('sign-in-problem'), problem ?? '').hidden = problem === null;
  byId('sign-in').hidden = false;
  byId('token').focus();
}

/** Every failure ends here: a refused token asks for another, the rest is told. */
export function fail(error) {
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 401) {
    forgetToken();
    askForToken('The server did not accept this token. Please check it and try again.');
  } else if (error.status === 403) {
    forgetToken();
    askForToken('This is the key of one account; the page needs the admin token.');
  } else {
    announce(error.message, true);
  }
}
