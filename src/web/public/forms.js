// Adds show/hide to password fields. Without scripts the button stays hidden, because it could do nothing.
for (const button of document.querySelectorAll('[data-show-password]')) {
  const input = button.parentElement.querySelector('input');
  button.hidden = false;
  button.addEventListener('click', () => {
    const show = input.type === 'password';
    input.type = show ? 'text' : 'password';
    button.textContent = show ? 'Hide' : 'Show';
    button.setAttribute('aria-pressed', String(show));
    input.focus();
  });
  // Back to a password field, so that the browser does not remember the password as ordinary text.
  button.form.addEventListener('submit', () => {
    input.type = 'password';
  });
}
