// The slip: print at a click; gone when the page is taken from the browser's memory.
const button = document.querySelector('[data-print]');
button.hidden = false;
button.addEventListener('click', () => print());
addEventListener('pageshow', (event) => event.persisted && location.reload());
