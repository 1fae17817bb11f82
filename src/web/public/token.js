// Moves the token out of the address bar into the form: from here on it is in no history, bookmark or screenshot.
const field = document.querySelector('[data-token-field]');
if (field) {
  const input = field.querySelector('input');
  const token = decodeURIComponent(location.hash.slice(1));
  if (token) {
    input.value = token;
    history.replaceState(null, '', location.pathname);
  }
  if (input.value) field.hidden = true;
}
