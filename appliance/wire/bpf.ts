// Programs of classic BPF (linux/filter.h), written with names for the places that they jump to. Pure.

export type Step =
  | {
      readonly kind: 'step'
      readonly code: number
      readonly value: number
      readonly yes?: string | undefined
      readonly no?: string | undefined
    }
  | { readonly kind: 'label'; readonly name: string }

/** Loads are into the accumulator, from an offset in bytes; `indexed`: from the index register on. */
export const LOAD = { word: 0x20, half: 0x28, byte: 0x30, length: 0x80, memory: 0x60 } as const
export const INDEXED = { word: 0x40, half: 0x48, byte: 0x50 } as const
export const INDEX = { headerLength: 0xb1, memory: 0x61, toAccumulator: 0x87 } as const
export const STORE = 0x02
export const ALU = { add: 0x04, addIndex: 0x0c, subtractIndex: 0x1c, shiftLeft: 0x64, shiftRight: 0x74 } as const
export const IF = { equal: 0x15, above: 0x25, anyBit: 0x45 } as const
/** So many bytes of the packet pass; `accumulator`: as many as that says. */
export const PASS = { bytes: 0x06, accumulator: 0x16 } as const

/** A jump of the kernel's goes forward, over so many steps at most. */
const FARTHEST = 255

export function step(code: number, value = 0): Step {
  return { kind: 'step', code, value }
}

/** Where no place is named it goes on with the next step. */
export function jump(code: number, value: number, yes: string | undefined, no?: string): Step {
  return { kind: 'step', code, value, yes, no }
}

export function label(name: string): Step {
  return { kind: 'label', name }
}

/** struct sock_filter, 8 bytes a step, in the byte order of x86-64 and arm64. Throws a RangeError on a jump that goes back or too far. */
export function assemble(program: readonly Step[]): Buffer {
  const places = new Map<string, number>()
  const steps: Extract<Step, { kind: 'step' }>[] = []
  for (const each of program) {
    if (each.kind === 'label') places.set(each.name, steps.length)
    else steps.push(each)
  }
  const distance = (from: number, name: string | undefined): number => {
    if (name === undefined) return 0
    const over = (places.get(name) ?? Number.NaN) - from - 1
    if (over >= 0 && over <= FARTHEST) return over
    throw new RangeError(`step ${from} jumps to ${name}, over ${over} steps`)
  }
  const bytes = Buffer.alloc(8 * steps.length)
  for (const [at, { code, value, yes, no }] of steps.entries()) {
    bytes.writeUInt16LE(code, 8 * at)
    bytes.writeUInt8(distance(at, yes), 8 * at + 2)
    bytes.writeUInt8(distance(at, no), 8 * at + 3)
    bytes.writeUInt32LE(value >>> 0, 8 * at + 4)
  }
  return bytes
}
