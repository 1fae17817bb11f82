// Updates the preview of the branding editor while the user types. Without scripts the Preview button does the same.
const form = document.querySelector('[data-branding-form]');
const button = document.querySelector('[data-branding-preview]');

/** Replaces the preview frame, so that the browser's Back button skips earlier previews. */
function freshFrame() {
  const old = document.getElementById('mail-preview');
  const frame = old.cloneNode();
  frame.removeAttribute('src');
  old.replaceWith(frame);
}

let timer;
function preview() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    freshFrame();
    form.requestSubmit(button);
  }, 500);
}

if (button) {
  for (const input of form.querySelectorAll('[data-picks]')) {
    input.addEventListener('input', () => (document.getElementById(input.dataset.picks).checked = true));
  }
  form.addEventListener('input', preview);
  for (const which of document.querySelectorAll('[data-branding-which]')) which.addEventListener('change', preview);
  button.addEventListener('click', (event) => {
    // Only a click by the user scrolls; `requestSubmit` above also fires this event.
    if (event.isTrusted) document.getElementById('mail-preview').scrollIntoView({ block: 'nearest' });
  });
  // Previews the unsaved values after a failed save.
  if (form.querySelector('[aria-invalid=true]')) preview();
}
