import type { Pet, PetStatus } from '../../domain/client/pet.js';
import { petStatusReader, sexReader, speciesReader } from '../codes.js';
import type { DateReading } from '../dates.js';
import { differs, isNo, type Cell, type Headers } from './headers.js';
import type { CsvSettings } from './settings.js';
import type { UsualHeaders } from './header-aliases.js';

/** Readers that turn the rows of one patients file into Pets. */
export interface PetRows {
  key: Cell;
  owner: Cell;
  read(row: readonly string[]): Pet;
}

/** Compiles the readers. Throws `pims-schema-differs` if the file lacks a pet's key, its owner or its death. */
export function petRows(
  file: string,
  headers: Headers,
  { pets: named, codes }: CsvSettings['mapping'],
  usual: UsualHeaders['pets'],
  readDate: (text: string | null) => DateReading,
): PetRows {
  const text = (field: TextField): Cell => headers.cell(field, named[field], usual[field]);
  const flag = (field: FlagField): Cell => headers.flag(field, named[field], usual[field]);

  const key = headers.needed('key', named.key, usual.key);
  const owner = headers.needed('owner', named.owner, usual.owner);
  const [name, species, breed, sex] = [text('name'), text('species'), text('breed'), text('sex')];
  const [bornOn, diedOn, status] = [text('bornOn'), text('diedOn'), text('status')];
  const [share, primaryOwner] = [text('share'), text('primaryOwner')];
  const [neutered, inactive, deceased, deleted] = [
    flag('neutered'),
    flag('inactive'),
    flag('deceased'),
    flag('deleted'),
  ];

  // No email may mention a pet that has died. Refuse an export without this information until `status: null` allows it.
  const tellsDeath = (['diedOn', 'status', 'deceased', 'inactive'] as const).some((field) => headers.found.has(field));
  if (!tellsDeath && named.status !== null)
    throw differs(
      file,
      'Status',
      'has no header that distinguishes living pets from dead ones',
      'Add the status or the date of death to the export, or, if it lists living pets only, set `status: null` under `pets`',
    );

  const speciesOf = speciesReader(codes.species);
  const sexOf = sexReader(codes.sex);
  const statusOf = petStatusReader(codes.petStatus);

  /** Some exports have yes and no in a column named `Died`. A word that is no date still means a death. */
  const deathOf = (text: string | null): DateReading => (isNo(text) ? null : readDate(text));

  function statusIn(row: readonly string[], died: DateReading): PetStatus {
    const code = status(row);
    const coded = code === null ? 'active' : statusOf(code);
    if (coded === 'deleted' || deleted(row) !== null) return 'deleted';
    if (coded === 'deceased' || deceased(row) !== null || died !== null) return 'deceased';
    return coded === 'active' && inactive(row) !== null ? 'inactive' : coded;
  }

  return {
    key,
    owner,
    read(row) {
      const [born, died] = [readDate(bornOn(row)), deathOf(diedOn(row))];
      const { sex: sexRead, neutered: neuteredBySex } = sexOf(sex(row));
      return {
        pimsId: key(row)!,
        name: name(row),
        species: speciesOf(species(row)),
        speciesRaw: species(row),
        breed: breed(row),
        sex: sexRead,
        neutered: neuteredBySex ?? (headers.found.has('neutered') ? neutered(row) !== null : null),
        sexRaw: sex(row),
        bornOn: born === 'absurd' ? null : born,
        diedOn: died === 'absurd' ? null : died,
        status: statusIn(row, died),
        statusRaw: status(row),
        share: percent(share(row)),
        primaryOwner: !isNo(primaryOwner(row)),
      };
    },
  };
}

type FlagField = 'neutered' | 'inactive' | 'deceased' | 'deleted';
type TextField = Exclude<keyof UsualHeaders['pets'], FlagField | 'key' | 'owner'>;

function percent(text: string | null): number | null {
  const share = text === null ? Number.NaN : Number(text.replace('%', ''));
  return share >= 0 && share <= 100 ? share : null;
}
