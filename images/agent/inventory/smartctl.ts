// `smartctl --json -a DEVICE` (smartmontools 7): ATA, SCSI and NVMe answer in different members of one form.
import { z } from 'zod'
import { type DiskHealth, diskHealth } from '../../../manager/protocol/machine.ts'
import { accept, tidy, whole } from './accept.ts'
import { readJson, readRows, someNumber, someRows, someText } from './json.ts'
import { commandSource, type Parsed, type Source } from './reading.ts'
import { toldNumber } from './told.ts'

const group = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).optional().catch(undefined)

const report = z.object({
  smartctl: group({ messages: someRows }),
  model_name: someText,
  scsi_model_name: someText,
  serial_number: someText,
  smart_status: group({ passed: z.boolean().optional().catch(undefined) }),
  temperature: group({ current: someNumber }),
  power_on_time: group({ hours: someNumber }),
  ata_smart_attributes: group({ table: someRows }),
  scsi_grown_defect_list: someNumber,
  scsi_percentage_used_endurance_indicator: someNumber,
  scsi_error_counter_log: group({
    read: group({ total_uncorrected_errors: someNumber }),
    write: group({ total_uncorrected_errors: someNumber }),
    verify: group({ total_uncorrected_errors: someNumber }),
  }),
  nvme_smart_health_information_log: group({
    critical_warning: someNumber,
    percentage_used: someNumber,
    media_errors: someNumber,
  }),
})
const attribute = z.object({ id: z.number(), name: someText, raw: z.object({ value: z.number(), string: someText }) })
const message = z.object({ string: z.string(), severity: someText })

/** Numbers of ATA attributes, the same with nearly every maker. */
const REALLOCATED = 5
const PENDING = 197
const UNCORRECTABLE = 198

/** Undefined for a device that tells nothing of its health. */
export function parseSmartctl(device: string, stdout: string, behind?: string): Parsed<DiskHealth | undefined> {
  const read = readJson(stdout, report)
  const said = read.value
  if (!said) return { value: undefined, reasons: read.reasons }
  const errors = readRows(said.smartctl?.messages, message, 'messages').value.filter(({ severity }) => severity === 'error')
  const attributes = new Map(
    readRows(said.ata_smart_attributes?.table, attribute, 'attributes')
      .value.filter(({ name }) => !isBogus(name))
      .map(({ id, raw }) => [id, counted(raw)]),
  )
  const nvme = said.nvme_smart_health_information_log
  const scsi = said.scsi_error_counter_log
  const told = {
    passed: said.smart_status?.passed,
    // Devices without a thermometer say 0.
    celsius: said.temperature?.current === 0 ? undefined : said.temperature?.current,
    powerOnHours: said.power_on_time?.hours,
    reallocatedSectors: attributes.get(REALLOCATED) ?? said.scsi_grown_defect_list,
    pendingSectors: attributes.get(PENDING),
    uncorrectableErrors:
      nvme?.media_errors ??
      attributes.get(UNCORRECTABLE) ??
      sum(scsi?.read?.total_uncorrected_errors, scsi?.write?.total_uncorrected_errors, scsi?.verify?.total_uncorrected_errors),
    wearPercent: nvme?.percentage_used ?? said.scsi_percentage_used_endurance_indicator,
    criticalWarning: nvme?.critical_warning,
  }
  const reasons = errors.flatMap(({ string }) => tidy(string, 200) ?? [])
  if (Object.values(told).every((value) => value === undefined)) return { value: undefined, reasons }
  const names = { serial: toldNumber(said.serial_number, 128), model: tidy(said.model_name ?? said.scsi_model_name, 128) }
  const accepted = accept(
    diskHealth,
    { device, behind, ...names, ...told },
    `health of ${device}${behind === undefined ? '' : ` ${behind}`}`,
  )
  return { value: accepted.value, reasons: [...reasons, ...accepted.reasons] }
}

/**
 * The lowest two bits of the exit code say that the device could not be asked; the others speak of the disk itself. `behind`: the disk of
 * a RAID controller that is meant.
 */
export function smartctl(device: string, behind?: string): Source<DiskHealth | undefined> {
  return commandSource({
    command: ['smartctl', '--json', '-a', ...(behind === undefined ? [] : ['-d', behind]), device],
    parse: (stdout) => parseSmartctl(device, stdout, behind),
    succeeded: (exitCode) => (exitCode & 0b11) === 0,
  })
}

/** A disk that the kernel does not show, as smartctl is told of it: `/dev/bus/0`, `megaraid,8`. */
export interface HiddenDisk {
  readonly device: string
  readonly type: string
}

const scanned = z.object({ name: z.string(), type: someText })
/** smartctl(8), -d TYPE: those that name a disk of a controller by a number. USB bridges with two disks are written alike, and are none. */
const RAID = /^(?:(?:sat|scsi|auto)\+)?(?:megaraid|sssraid|cciss|3ware|areca|aacraid|hpt|jmb39x)[-,][0-9a-z,/_-]{1,32}$/
const DEVICE = /^\/dev\/[0-9A-Za-z/_-]{1,64}$/

/** Of all devices that a scan finds, those behind RAID controllers, each once: the others are the kernel's own, and known. */
export function parseSmartctlScan(stdout: string): Parsed<readonly HiddenDisk[]> {
  const said = readJson(stdout, z.object({ devices: someRows }))
  const rows = readRows(said.value?.devices, scanned, 'devices')
  const hidden = rows.value.flatMap(({ name, type = '' }): HiddenDisk[] =>
    RAID.test(type) && DEVICE.test(name) ? [{ device: name, type }] : [],
  )
  return {
    value: [...new Map(hidden.map((disk) => [`${disk.device} ${disk.type}`, disk])).values()],
    reasons: [...said.reasons, ...rows.reasons],
  }
}

/** Opens no disk, so that none is woken. */
export const smartctlScan = commandSource({ command: ['smartctl', '--json', '--scan'], parse: parseSmartctlScan })

/** smartmontools' name for attributes that say nothing: 197 of Crucial's and Micron's SSDs is 1 now and then, and no sector is pending. */
function isBogus(name: string | undefined): boolean {
  return name?.startsWith('Bogus_') === true
}

/** Where the maker packs more into the 48 bits, as with many a 5 (`8 (0 24)`), smartctl puts the count first in its text. */
function counted({ value, string }: { readonly value: number; readonly string?: string | undefined }): number {
  return whole(/^\d+/.exec(string ?? '')?.[0]) ?? value
}

function sum(...numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined)
  return known.length === 0 ? undefined : known.reduce((total, number) => total + number, 0)
}
