// Show/hide for password fields. The button is hidden without a script, since it could do nothing.
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
  // A shown password must not be kept by the browser as ordinary text.
  button.form.addEventListener('submit', () => {
    input.type = 'password';
  });
}
