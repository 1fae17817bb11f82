/** Where the token of a mailed link goes: filled and hidden by `token.js`, to paste into without scripts. */
export function TokenField(props: { token: string }) {
  return (
    <div class="field" data-token-field>
      <label for="field-token">Code from the link</label>
      <input
        id="field-token"
        name="token"
        value={props.token}
        autocomplete="off"
        spellcheck={false}
        required
        aria-describedby="field-token-hint"
      />
      <p class="hint" id="field-token-hint">
        What stands behind the # in the link of the email.
      </p>
    </div>
  );
}
