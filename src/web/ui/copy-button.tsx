import { Icon } from './icons.js';

/** Copies the text of the element with this id. Without scripts the button stays hidden. */
export function CopyButton({ of }: { of: string }) {
  return (
    <button type="button" class="button button-small" data-copy={of} hidden>
      <Icon name="copy" /> <span data-copy-label>Copy</span>
    </button>
  );
}
