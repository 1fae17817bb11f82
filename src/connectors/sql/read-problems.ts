import { PimsProblem } from '../errors.js';

export function wrongCursor(): PimsProblem {
  return new PimsProblem({
    code: 'pims-settings-wrong',
    message: 'The cursor does not come from this connector with this mapping.',
    help: 'Start this sync again from the beginning. Someone changed the key column or its type.',
  });
}

export function lostRows(what: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-read-failed',
    message: `The database driver returned fewer ${what} than the PIMS counts.`,
    help: 'Nothing has changed. Try another version of the ODBC driver, and look for its option to turn off paging or a result cache.',
  });
}

export function outOfOrder(): PimsProblem {
  return new PimsProblem({
    code: 'pims-read-failed',
    message: 'The PIMS returned client keys twice or out of order.',
    help: "The mapping's key must be unique and of its `keyType`, and no join may return more than one row per client.",
  });
}

export function wrongKeys(keyType: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-read-failed',
    message: `The key column holds values that are not of type ${keyType}.`,
    help: 'Set `clients.keyType` of the mapping to the type of the key column: integer, guid or text.',
  });
}

export function ambiguous(id: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-read-failed',
    message: `Several clients have the number ${id}.`,
    help: 'Name the client by its key in the PIMS instead.',
  });
}

export function unreadableClient(key: string, reason: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-read-failed',
    message: `Client ${key} cannot be read: ${reason}.`,
    help: 'Correct the row in the PIMS, then sync this client again.',
  });
}
