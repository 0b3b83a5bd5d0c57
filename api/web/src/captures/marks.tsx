/** The marks of a capture, and a new one. */

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { change, get } from '../api/client';
import { dateTime } from '../parts/format';
import { plain } from '../parts/plain';
import { ProblemNotice } from '../parts/problem-notice';
import { text } from '../text';

const words = text.captures.marks;

export function Marks({ capture: id }: { readonly capture: string }) {
  const queries = useQueryClient();
  const queryKey = ['marks', id];
  const { data, error } = useQuery({
    queryKey,
    queryFn: ({ signal }) => get('/api/captures/{id}/marks', { id }, {}, signal),
    refetchInterval: 2000,
  });
  const add = useMutation({
    mutationFn: (mark: string) => change('POST', '/api/captures/{id}/marks', { id }, { text: mark }),
    onSuccess: () => queries.invalidateQueries({ queryKey }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const mark = String(new FormData(form).get('mark')).trim();
    if (mark !== '') add.mutate(mark, { onSuccess: () => form.reset() });
  };
  return (
    <section className="marks" aria-labelledby="marks-title">
      <h2 id="marks-title">{words.title}</h2>
      <p>{words.text}</p>
      <form onSubmit={submit}>
        <input name="mark" aria-label={words.label} placeholder={words.placeholder} maxLength={1000} />
        <button type="submit" disabled={add.isPending}>
          {words.add}
        </button>
      </form>
      <ProblemNotice error={error ?? add.error} />
      {data?.marks.length === 0 ? (
        <p>{words.none}</p>
      ) : (
        <ol>
          {data?.marks.map((mark) => (
            <li key={mark.id}>
              <bdi>{plain(mark.text)}</bdi> <small>{dateTime(mark.time)}</small>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
