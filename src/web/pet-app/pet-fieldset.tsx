import { Field } from '../ui/form.js';
import { chosenSpecies, petTitle, speciesName } from '../ui/species.js';
import { petField, type PetEntry } from './pet-forms.js';

/** Fields of one pet. An entry without a key is a new pet and may stay empty. */
export function PetFieldset({ entry, index }: { entry: PetEntry; index: number }) {
  const isNew = entry.key === '';
  const title = isNew && entry.name === '' ? 'A new pet' : petTitle(entry);
  const name = entry.name || 'This pet';
  const passedId = `pet-${index}-passed-box`;
  return (
    <fieldset class={`pet${entry.passed ? ' pet-passed' : ''}`} id={isNew ? 'new-pet' : undefined}>
      <legend>{title}</legend>
      <input type="hidden" name={petField(index, 'key')} value={entry.key} />
      <div class="pair">
        <Field
          label="Name"
          name={petField(index, 'name')}
          value={entry.name}
          required={isNew ? 'quietly' : !entry.nameless}
          error={entry.errors.name}
          maxlength={200}
        />
        <div class="field">
          <label for={`pet-${index}-species`}>Kind</label>
          <select id={`pet-${index}-species`} name={petField(index, 'species')}>
            {kindsWith(entry.species).map((kind) => (
              <option key={kind} value={kind} selected={kind === entry.species}>
                {speciesName(kind)}
              </option>
            ))}
          </select>
        </div>
      </div>
      <div class="pair">
        <Field label="Breed" name={petField(index, 'breed')} value={entry.breed} required={false} maxlength={100} />
        <Field
          label="Date of birth"
          name={petField(index, 'bornOn')}
          type="date"
          value={entry.bornOn}
          required={false}
          error={entry.errors.bornOn}
        />
      </div>
      {isNew ? null : (
        <div class="gentle">
          <input
            type="checkbox"
            id={passedId}
            name={petField(index, 'passed')}
            value="1"
            checked={entry.passed}
            aria-describedby={`${passedId}-hint`}
          />
          <label for={passedId}>{name} is no longer with us</label>
          <p class="hint" id={`${passedId}-hint`}>
            We are sorry. {name} will not be named in any reminder or message.
          </p>
        </div>
      )}
    </fieldset>
  );
}

/** Returns the known species, plus the given one if only the PIMS knows it. */
function kindsWith(species: string): string[] {
  return [...new Set([...chosenSpecies, species])];
}
