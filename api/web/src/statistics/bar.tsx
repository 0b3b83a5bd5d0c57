/** A share of the whole as a bar, with the number over it. */

export function Bar({ share, children }: { readonly share: number; readonly children: string }) {
  return (
    <span className="stat-bar">
      <span style={{ width: `${Math.min(100, Math.max(0, share * 100))}%` }} />
      <span>{children}</span>
    </span>
  );
}
