import { staffLinks } from '../shell/routes.js';
import { When } from '../../ui/when.js';
import type { TimelineEntry } from '../../views/timeline.js';

/** Shows what happened, newest entry first. */
export function TimelineCard({ title, entries }: { title: string; entries: readonly TimelineEntry[] }) {
  return (
    <section class="card" aria-labelledby="timeline-card">
      <h2 id="timeline-card">{title}</h2>
      <ol class="timeline">
        {entries.map((entry, index) => (
          <li key={index} class={`tone-${entry.tone}`}>
            <p class="timeline-title">
              {entry.message ? (
                <a href={staffLinks.message(entry.message.practiceId, entry.message.id)}>{entry.title}</a>
              ) : (
                entry.title
              )}
            </p>
            {entry.more ? <p class="timeline-more">{entry.more}</p> : null}
            <p class="timeline-when">
              <When at={entry.at} />
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}
