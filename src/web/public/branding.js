// The brand editor's helpers: the preview follows what is typed. Without a script the Preview button does the same.
const form = document.querySelector('[data-brand-form]');
const button = document.querySelector('[data-brand-preview]');

/** A fresh frame each time, so that the browser's Back leads to the page before, not through all previews. */
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
  for (const which of document.querySelectorAll('[data-brand-which]')) which.addEventListener('change', preview);
  button.addEventListener('click', (event) => {
    // By hand, or by the line above.
    if (event.isTrusted) document.getElementById('mail-preview').scrollIntoView({ block: 'nearest' });
  });
  // What could not be saved is still in the form; the frame shows that.
  if (form.querySelector('[aria-invalid=true]')) preview();
}
