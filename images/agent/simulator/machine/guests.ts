// Guests of simulated machines.
import { diceOf, lvmUuidOf, macOf, uuidOf } from './random.ts'

export interface GuestSpec {
  readonly domid: number
  readonly uuid: string
  readonly name: string
  readonly type: 'pvh' | 'hvm' | 'pv'
  readonly vcpus: number
  readonly mebibytes: number
  readonly mac: string
  readonly bridge: string
  readonly diskBytes: number
  readonly lvUuid: string
  readonly paused: boolean
  /** Mirrored to another host by DRBD, with the domid as minor. */
  readonly mirrored: boolean
  /** CPUs in use, on the average. */
  readonly load: number
  /** Bytes a second, on the average: of disk and of network, in and out. */
  readonly traffic: number
}

const GIB = 2 ** 30
/** Guests of one host. */
const MOST = 12

export function guestsOf(seed: string, index: number, bridges: readonly string[]): readonly GuestSpec[] {
  const count = diceOf(seed, 'guests', index).between(0, MOST)
  return Array.from({ length: count }, (_, number): GuestSpec => {
    const dice = diceOf(seed, 'guest', index, number)
    const vcpus = dice.one([1, 2, 2, 4, 8])
    return {
      domid: number + 1,
      uuid: uuidOf(dice),
      name: `${dice.one(['web', 'sql', 'mail', 'cache', 'build'])}-${index + 1}-${number + 1}`,
      type: dice.one(['pvh', 'pvh', 'pvh', 'hvm', 'pv']),
      vcpus,
      mebibytes: dice.one([1024, 2048, 4096, 8192]),
      mac: macOf('00:16:3e', index * (MOST + 1) + number),
      bridge: bridges[dice.between(0, bridges.length - 1)] ?? 'xenbr0',
      diskBytes: dice.between(8, 100) * GIB,
      lvUuid: lvmUuidOf(dice),
      paused: dice.happens(0.02),
      mirrored: dice.happens(0.1),
      load: (vcpus * dice.between(1, 60)) / 100,
      traffic: dice.between(1_000, 3_000_000),
    }
  })
}
