// Follows a running sync through server-sent events. The browser reconnects automatically.
const card = document.querySelector('[data-run]');
if (card) {
  const source = new EventSource(card.dataset.run);
  const progress = card.querySelector('[data-run-progress]');
  const chip = card.querySelector('[data-run-state] .chip');
  const expected = Number(card.dataset.expected);
  source.addEventListener('progress', (event) => {
    const { state, tone, over, counts } = JSON.parse(event.data);
    chip.textContent = state;
    chip.className = `chip tone-${tone}`;
    for (const field of card.querySelectorAll('[data-count]')) {
      field.textContent = (counts[field.dataset.count] ?? 0).toLocaleString('en-US');
    }
    if (expected) {
      progress.max = Math.max(expected, counts.read);
      progress.value = counts.read;
    }
    if (!over) return;
    source.close();
    // The reloaded page also shows drift and unreadable rows.
    location.reload();
  });
}
