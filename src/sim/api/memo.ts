/** Remembers what a pure function made of a text. It changes what reading costs, never what is read; results are frozen, because they are shared. */
export function memoByText<Result extends object>(
  limit: number,
  compute: (text: string) => Result,
): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => {
    let result = known.get(text);
    if (result === undefined) {
      result = Object.freeze(compute(text));
      if (known.size >= limit) known.clear();
      known.set(text, result);
    }
    return result;
  };
}
