// A made-up server and its place in a made-up pool, as plain data: racks of alike machines, shared arrays and VLANs, and here and there
// one that differs from its siblings, as in life. Everything follows from the pool's seed and the machine's number.
import { CPU_MODELS, type CpuModel } from './cpu-models.ts'
import { type GuestSpec, guestsOf } from './guests.ts'
import { type Dice, diceOf, macOf, uuidOf } from './random.ts'
import { type ArraySpec, arrayOf, type DiskSpec, disksOf } from './storage.ts'

export interface NicSpec {
  readonly name: string
  readonly mac: string
  readonly pci: string
  readonly up: boolean
  /** Megabit a second. */
  readonly speed: number
  readonly switchName: string
  readonly switchMac: string
  readonly switchPort: string
}

interface VlanSpec {
  readonly id: number
  readonly bridge: string
}

export interface Machine {
  readonly seed: string
  /** From 0; decides rack and slot. */
  readonly index: number
  readonly rack: number
  readonly slot: number
  readonly name: string
  readonly systemUuid: string
  readonly serial: string
  readonly firmware: string
  readonly cpu: CpuModel
  /** Off: the firmware hides NX. */
  readonly nx: boolean
  readonly sockets: number
  readonly memoryModules: number
  readonly address: string
  /** The bond's, and of the bridge over it: the first NIC's. */
  readonly mac: string
  readonly nics: readonly NicSpec[]
  readonly vlans: readonly VlanSpec[]
  readonly disks: readonly DiskSpec[]
  /** The array whose LUNs this host sees; its siblings see the same. */
  readonly array: ArraySpec
  /** Failed paths to the array, by number of the path; none on a well host. */
  readonly failedPaths: readonly number[]
  readonly guests: readonly GuestSpec[]
}

const RACK_SIZE = 32
export const MODULE_BYTES = 32 * 2 ** 30
export const BONDED_NICS = 2
const NICS = 4

/** Machine number `index` of the pool that this seed makes. */
export function makeMachine(seed: string, index: number): Machine {
  const rack = Math.floor(index / RACK_SIZE)
  const slot = index % RACK_SIZE
  const dice = diceOf(seed, 'host', index)
  const rackDice = diceOf(seed, 'rack', rack)
  const cpu = rackDice.one(CPU_MODELS)
  const nics = nicsOf(index, rack, slot, dice)
  const vlans = vlansOf(seed, rack)
  return {
    seed,
    index,
    rack,
    slot,
    name: `node${String(index + 1).padStart(4, '0')}`,
    systemUuid: uuidOf(dice),
    serial: `SIM${dice.hex(7).toUpperCase()}`,
    firmware: dice.happens(0.03) ? '2.17.1' : '2.19.1',
    cpu,
    nx: !dice.happens(0.01),
    sockets: 2,
    memoryModules: dice.happens(0.02) ? 15 : 16,
    address: `10.${64 + ((rack >> 8) & 63)}.${rack & 255}.${slot + 10}`,
    mac: nics[0]?.mac ?? '',
    nics,
    vlans,
    disks: disksOf(diceOf(seed, 'disks', index)),
    array: arrayOf(seed, rack),
    failedPaths: dice.happens(0.02) ? [1] : [],
    guests: guestsOf(
      seed,
      index,
      vlans.map(({ bridge }) => bridge),
    ),
  }
}

function nicsOf(index: number, rack: number, slot: number, dice: Dice): readonly NicSpec[] {
  const dark = dice.happens(0.02)
  return Array.from({ length: NICS }, (_, number): NicSpec => {
    const side = number % 2 === 0 ? 'a' : 'b'
    return {
      name: `eth${number}`,
      mac: macOf('24:6e:96', index * NICS + number),
      pci: `0000:3b:00.${number}`,
      up: !(dark && number === 1),
      speed: number < BONDED_NICS ? 25_000 : 10_000,
      switchName: `tor-${rack + 1}${side}`,
      switchMac: macOf('44:38:39', rack * 2 + (number % 2)),
      switchPort: `swp${slot + 1 + (number < BONDED_NICS ? 0 : RACK_SIZE)}`,
    }
  })
}

/** Two VLANs go through the whole pool, one through each group of four racks. */
function vlansOf(seed: string, rack: number): readonly VlanSpec[] {
  const own = 100 + ((diceOf(seed, 'vlan').between(0, 99) + Math.floor(rack / 4)) % 3900)
  return [10, 11, own].map((id) => ({ id, bridge: `xenbr${id}` }))
}
