// Which versions of the C and C++ libraries compiled programs need, by the names of symbol versions in them. Pure.

/** The first GCC, which is what Debian calls libstdc++6 by, that has GLIBCXX_3.4.N, by N: libstdc++'s ABI history. */
const GCC: readonly (readonly [symbols: number, gcc: string])[] = [
  [30, '12'],
  [32, '13'],
  [33, '14'],
  [34, '15'],
]

/** Packages with the least version that has what all of them ask for. `programs`: each file's bytes as latin1. */
export function librariesOf(programs: readonly string[]): readonly string[] {
  const glibc = newest(programs, /GLIBC_2\.(\d+)/g) ?? 0
  const glibcxx = newest(programs, /GLIBCXX_3\.4\.(\d+)/g)
  const gcc = glibcxx === undefined ? undefined : GCC.find(([symbols]) => symbols >= glibcxx)?.[1]
  if (glibcxx !== undefined && gcc === undefined) {
    throw new Error(`GLIBCXX_3.4.${glibcxx} is of a libstdc++ that is not known here: add it to GCC in manager/service/debian/libraries.ts`)
  }
  return [`libc6 (>= 2.${glibc})`, 'libgcc-s1', ...(gcc === undefined ? [] : [`libstdc++6 (>= ${gcc})`])]
}

function newest(programs: readonly string[], pattern: RegExp): number | undefined {
  const found = programs.flatMap((text) => [...text.matchAll(pattern)].map(([, minor]) => Number(minor)))
  return found.reduce<number | undefined>((most, one) => (most === undefined || one > most ? one : most), undefined)
}
