/** Replaces the login on the page if another practice issued it. */
export function IssuedElsewhere(props: { isUsed: boolean; canReplace?: boolean }) {
  if (props.isUsed) {
    return <p>This pet parent uses the Pet App. Another practice issued the login, so it is not shown here.</p>;
  }
  if (props.canReplace) {
    return (
      <p>
        The practice that issued this login no longer has a record on the account. Create a new temporary password if
        the pet parent needs help.
      </p>
    );
  }
  return (
    <p>
      Another practice issued this login, so it is not shown here. Resend the login to the address of the pet parent
      instead.
    </p>
  );
}
