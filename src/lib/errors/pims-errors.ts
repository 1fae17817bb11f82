import type { ErrorDefinition } from './definition.js';

/** Errors that a connector reports. Its message and next step name the server, the file or the setting. */
export const pimsErrors = {
  'connector-fault': { status: 500 },
  'pims-busy': { status: 500 },
  'pims-driver-missing': { status: 500 },
  'pims-login-refused': { status: 500 },
  'pims-rate-limited': { status: 500 },
  'pims-read-failed': { status: 500 },
  'pims-schema-differs': { status: 500 },
  'pims-settings-wrong': { status: 500 },
  'pims-unreachable': { status: 500 },
} as const satisfies Record<string, ErrorDefinition>;
