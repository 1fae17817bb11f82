/** The emails whose words a practice may change. */
export const editableKinds = ['welcome', 'practice-added', 'new-temporary-password', 'password-reset'] as const;
/** Their parts that it may change. */
export const editableParts = ['subject', 'opening', 'closing'] as const;

export type EditableKind = (typeof editableKinds)[number];

/** What a practice writes itself; left out, our own words stand. */
export interface EditableText {
  subject?: string | undefined;
  opening?: string | undefined;
  closing?: string | undefined;
}

export type EditableTexts = Partial<Record<EditableKind, EditableText>>;
