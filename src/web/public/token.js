// Moves the token from the address bar into the form, so that it stays out of history, bookmarks and screenshots.
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
