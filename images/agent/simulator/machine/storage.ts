// Disks and arrays of simulated machines.
import { type Dice, diceOf, lvmUuidOf } from './random.ts'

export interface DiskSpec {
  readonly name: string
  readonly kind: 'sata' | 'nvme'
  readonly serial: string
  readonly wwid: string
  readonly model: string
  readonly bytes: number
  readonly reallocatedSectors: number
  readonly wearPercent: number
  readonly pvUuid: string
}

export interface LunSpec {
  readonly number: number
  /** 32 hexadecimal digits. */
  readonly naa: string
  readonly bytes: number
  readonly pvUuid: string
  readonly vg: string
  readonly vgUuid: string
}

/** A disk array. Hosts of two racks share one; half of the arrays speak iSCSI, half Fibre Channel. */
export interface ArraySpec {
  readonly kind: 'iscsi' | 'fc'
  readonly name: string
  readonly vendor: string
  readonly product: string
  /** By path: portals or target ports. */
  readonly portals: readonly string[]
  readonly ports: readonly string[]
  readonly target: string
  readonly fabrics: readonly string[]
  readonly luns: readonly LunSpec[]
}

const RACKS_OF_ARRAY = 2
const TIB = 2 ** 40

export function arrayOf(seed: string, rack: number): ArraySpec {
  const number = Math.floor(rack / RACKS_OF_ARRAY)
  const dice = diceOf(seed, 'array', number)
  const kind = number % 2 === 0 ? 'iscsi' : 'fc'
  const luns = Array.from(
    { length: dice.between(2, 6) },
    (_, index): LunSpec => ({
      number: index + 1,
      naa: `60002ac${dice.hex(25)}`,
      bytes: dice.between(1, 8) * TIB,
      pvUuid: lvmUuidOf(dice),
      vg: `shared${number}-${index + 1}`,
      vgUuid: lvmUuidOf(dice),
    }),
  )
  return {
    kind,
    name: `array${number}`,
    vendor: '3PARdata',
    product: 'VV',
    portals: [0, 1].map((path) => `172.${16 + path}.${number & 255}.10:3260`),
    ports: [0, 1].map((path) => `2${path}110002ac${dice.hex(6)}`),
    target: `iqn.2000-05.com.3pardata:${dice.hex(12)}`,
    fabrics: [0, 1].map((path) => `100000051e${diceOf(seed, 'fabric', path).hex(6)}`),
    luns,
  }
}

/** Two SATA disks and one NVMe, of the host alone. */
export function disksOf(dice: Dice): readonly DiskSpec[] {
  const sata = ['sda', 'sdb'].map(
    (name): DiskSpec => ({
      name,
      kind: 'sata',
      serial: `S4${dice.hex(10).toUpperCase()}`,
      wwid: `naa.5002538${dice.hex(9)}`,
      model: 'SAMSUNG MZ7LH960HAJR-00005',
      bytes: 960_197_124_096,
      reallocatedSectors: dice.happens(0.03) ? dice.between(1, 400) : 0,
      wearPercent: dice.between(0, 30),
      pvUuid: lvmUuidOf(dice),
    }),
  )
  const nvme: DiskSpec = {
    name: 'nvme0n1',
    kind: 'nvme',
    serial: `PHLJ${dice.hex(12).toUpperCase()}`,
    wwid: `eui.01000000${dice.hex(24)}`,
    model: 'INTEL SSDPE2KX040T8',
    bytes: 4_000_787_030_016,
    reallocatedSectors: 0,
    wearPercent: dice.between(0, 60),
    pvUuid: lvmUuidOf(dice),
  }
  return [...sata, nvme]
}
