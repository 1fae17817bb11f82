/** Kinds of email whose texts a practice may change. */
export const editableKinds = ['welcome', 'practice-added', 'new-temporary-password', 'password-reset'] as const;
/** Parts of those emails that a practice may change. */
export const editableParts = ['subject', 'opening', 'closing'] as const;

type EditableKind = (typeof editableKinds)[number];

/** A practice's own texts; a part that is left out uses the default text. */
export interface EditableText {
  subject?: string | undefined;
  opening?: string | undefined;
  closing?: string | undefined;
}

export type EditableTexts = Partial<Record<EditableKind, EditableText>>;
