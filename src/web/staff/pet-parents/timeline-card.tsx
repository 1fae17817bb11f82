import type { PetParentDetails } from '../../../store/pet-parents/pet-parent-details.js';
import { When } from '../../ui/when.js';
import type { DeliveryConditions } from '../email-marketing/delivery-status.js';
import { timelineOf } from './timeline.js';

/** Shows the timeline of a pet parent, newest entry first. */
export function TimelineCard(props: {
  details: PetParentDetails;
  allConditions: ReadonlyMap<string, DeliveryConditions>;
  timeZone: string;
}) {
  const { details, allConditions, timeZone } = props;
  return (
    <section class="card" aria-labelledby="timeline-card">
      <h2 id="timeline-card">Timeline</h2>
      <ol class="timeline">
        {timelineOf(details, allConditions).map((entry, index) => (
          <li key={index} class={`tone-${entry.tone}`}>
            <p class="timeline-title">{entry.href ? <a href={entry.href}>{entry.title}</a> : entry.title}</p>
            {entry.more ? <p class="timeline-more">{entry.more}</p> : null}
            <p class="timeline-when">
              <When at={entry.at} timeZone={timeZone} />
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}
