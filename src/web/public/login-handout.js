// Prints the login handout, and reloads it when the browser restores it from its back/forward cache.
const button = document.querySelector('[data-print]');
button.hidden = false;
button.addEventListener('click', () => print());
addEventListener('pageshow', (event) => event.persisted && location.reload());
