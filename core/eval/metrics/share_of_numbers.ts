/**
 * The share of a text's whole numbers that are the one looked for, digit by digit.
 *
 * @returns 0 to 1; 0 if there is no number
 */
export function shareOfNumbers(text: string, wanted: string): number {
  const numbers = text.match(/\p{Nd}+/gu) ?? [];
  if (numbers.length === 0) return 0;
  return numbers.filter((number) => number === wanted).length / numbers.length;
}
