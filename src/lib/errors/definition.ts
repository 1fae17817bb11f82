/** The properties that all errors of one code share. */
export interface ErrorDefinition {
  /** HTTP status of the answer. With 500 and above the caller gets no details, because the fault is ours. */
  status: number;
  /** The next step; left out if it depends on the values of the error, or if the message says it all. */
  help?: string;
}
