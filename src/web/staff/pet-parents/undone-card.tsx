import { undoneKey, undoneSentence } from '../../../domain/decision/undone-facts.js';
import type { PetParentDetails } from '../../../store/pet-parents/pet-parent-details.js';
import { PostForm } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { staffLinks } from '../shell/routes.js';
import { useRight } from '../shell/staff-context.js';

/** Asks staff to confirm facts that the PIMS recorded about this client and no longer does. */
export function UndoneCard({ details }: { details: PetParentDetails }) {
  const { line, undone } = details;
  return (
    <section class="card" aria-labelledby="undone-card">
      <h2 id="undone-card">Confirm a change in the PIMS</h2>
      <ul class="rows">
        {undone.map((fact) => (
          <li key={`${fact.kind} ${fact.subject}`}>{undoneSentence(fact)}</li>
        ))}
      </ul>
      <p>
        A restored backup or an emptied column looks the same, so ask before you confirm. If it is a mistake, correct
        the PIMS: this notice then disappears after the next sync.
      </p>
      {useRight('help-person') ? (
        <PostForm
          action={`${staffLinks.petParent(line.practiceId, line.pimsId)}/confirm-change`}
          class="actions-row section-gap"
          confirm="Is this right? The client may be invited, and emails may name a pet listed as living."
        >
          <input type="hidden" name="seen" value={undoneKey(undone)} />
          <button class="button">
            <Icon name="check" /> Confirm the change
          </button>
        </PostForm>
      ) : null}
    </section>
  );
}
