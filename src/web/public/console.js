// Enhances the console: search as you type, copy buttons, hiding a shown password, confirmation of actions that cannot be
// undone. Every page works without this script.
document.documentElement.classList.add('has-script');

for (const form of document.querySelectorAll('form[data-confirm]')) {
  form.addEventListener('submit', (event) => {
    if (!confirm(form.dataset.confirm)) event.preventDefault();
  });
}

for (const form of document.querySelectorAll('form[data-submit-on-change]')) {
  form.addEventListener('change', () => form.submit());
}

for (const button of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  const label = button.querySelector('[data-copy-label]');
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    label.textContent = 'Copied';
    setTimeout(() => (label.textContent = 'Copy'), 2000);
  });
}

// Hides a shown password after its time, and when the browser restores the page from its back/forward cache.
for (const line of document.querySelectorAll('[data-secret]')) {
  const until = Date.now() + Number(line.dataset.secret) * 1000;
  const countdown = line.querySelector('[data-countdown]');
  const hide = () => location.replace(line.dataset.hideHref);
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) return hide();
    countdown.textContent = `Hidden again in ${left} ${left === 1 ? 'second' : 'seconds'}.`;
    setTimeout(tick, 1000);
  };
  tick();
  addEventListener('pageshow', (event) => event.persisted && hide());
  document.addEventListener('visibilitychange', () => !document.hidden && Date.now() >= until && hide());
}

const search = document.querySelector('form[data-search]');
const results = document.querySelector('[data-results]');
if (search && results) {
  const input = search.querySelector('input[type=search]');
  let last = input.value;
  let timer;
  let running;
  const look = async () => {
    if (input.value === last) return;
    last = input.value;
    running?.abort();
    running = new AbortController();
    const address = new URL(search.action);
    for (const [name, value] of new FormData(search)) if (value) address.searchParams.set(name, value);
    const shown = new URL(address);
    address.searchParams.set('fragment', '1');
    results.classList.add('is-searching');
    try {
      const answer = await fetch(address, { signal: running.signal, headers: { accept: 'text/html' } });
      // Signed out in the meantime, or an error: load the whole page.
      if (!answer.ok || answer.redirected) return location.assign(shown);
      results.innerHTML = await answer.text();
      history.replaceState(null, '', shown);
      results.classList.remove('is-searching');
    } catch (error) {
      if (error.name !== 'AbortError') results.classList.remove('is-searching');
    }
  };
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(look, 160);
  });
}

// A filter with few matches: keeps searching a large practice until the page is full or the list has ended.
const lookFurther = async () => {
  for (let link; (link = results.querySelector('[data-look-further]'));) {
    const table = results.querySelector('table');
    if (table?.tBodies[0].rows.length >= Number(link.dataset.lookFurther)) return;
    const address = new URL(link.href);
    address.searchParams.set('fragment', '1');
    const answer = await fetch(address, { headers: { accept: 'text/html' } });
    // On an error the button remains for another try. A search typed in the meantime has removed it.
    if (!answer.ok || answer.redirected || !link.isConnected) return;
    const part = document.createElement('template');
    part.innerHTML = await answer.text();
    const more = part.content.querySelector('table');
    if (table && more) more.tBodies[0].prepend(...table.tBodies[0].rows);
    else if (table) {
      part.content.querySelector('.empty')?.remove();
      part.content.prepend(table);
    }
    results.replaceChildren(part.content);
  }
};
if (results) lookFurther();
