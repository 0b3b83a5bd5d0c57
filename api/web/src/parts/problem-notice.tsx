/** What went wrong, in the service's own words, and what mends it. */

import { ServiceError } from '../api/client';

export function ProblemNotice({ error }: { readonly error: unknown }) {
  if (error === null || error === undefined) return null;
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof ServiceError ? error.hint : undefined;
  return (
    <div className="notice bad" role="alert">
      {message}
      {hint !== undefined && <p className="notice-hint">{hint}</p>}
    </div>
  );
}
