// /sys/class/hwmon (Linux: Documentation/hwmon/sysfs-interface.rst): temperatures, fans, voltages, power.
import type { z } from 'zod'
import { type Sensor, sensor } from '../../../manager/protocol/machine.ts'
import { setLimitsOf } from '../../../manager/protocol/sensor-limits.ts'
import type { Backend } from '../backend.ts'
import { acceptAll, type Candidate, few, tidy } from './accept.ts'
import type { Reading } from './reading.ts'

const FOLDER = '/sys/class/hwmon'

type Candidates = Candidate<z.input<typeof sensor>>[]

/** The kernel's unit of each kind of file, as a part of ours. */
const KINDS: { readonly [prefix: string]: { readonly quantity: Sensor['quantity']; readonly scale: number } } = {
  temp: { quantity: 'temperature', scale: 1e3 },
  in: { quantity: 'voltage', scale: 1e3 },
  curr: { quantity: 'current', scale: 1e3 },
  power: { quantity: 'power', scale: 1e6 },
  humidity: { quantity: 'humidity', scale: 1e3 },
  fan: { quantity: 'fan', scale: 1 },
}

export async function hwmonSysfs(backend: Backend): Promise<Reading<readonly Sensor[]>> {
  const folders = await backend.list(FOLDER)
  const unread: string[] = []
  const found = await Promise.all(
    folders.map((folder) =>
      sensorsOf(backend, folder).catch((error: unknown) => {
        unread.push(`${folder} cannot be read: ${error instanceof Error ? error.message : error}`)
        return []
      }),
    ),
  )
  const { value, reasons } = acceptAll(sensor, found.flat(), ({ chip, label }) => `sensor ${label} of ${chip}`)
  return { value, problems: few([...unread, ...reasons]).map((reason) => ({ source: FOLDER, reason })) }
}

/** A sensor that is there but cannot be read now (a drive asleep, a fan header without a fan) has no value and is left out. */
async function sensorsOf(backend: Backend, folder: string): Promise<Candidates> {
  const path = `${FOLDER}/${folder}`
  const names = await backend.list(path)
  const driver = tidy(await backend.read(`${path}/name`), 64) ?? 'unknown'
  const inputs = names.flatMap((name) => {
    const [, stem, prefix] = /^(([a-z]+)\d{1,3})_input$/.exec(name) ?? []
    const kind = prefix === undefined ? undefined : KINDS[prefix]
    return stem === undefined || kind === undefined ? [] : [{ stem, kind }]
  })
  const sensors = await Promise.all(
    inputs.map(async ({ stem, kind }): Promise<Candidates> => {
      const text = async (member: string): Promise<string | undefined> =>
        names.includes(`${stem}_${member}`) ? backend.read(`${path}/${stem}_${member}`) : undefined
      const level = async (member: string): Promise<number | undefined> => scaled(await text(member), kind.scale)
      const value = await level('input')
      if (value === undefined) return []
      const [label, low, high, critical, alarm] = await Promise.all([
        text('label'),
        level('min'),
        level('max'),
        level('crit'),
        text('alarm'),
      ])
      return [
        {
          chip: `${driver}.${folder}`,
          label: tidy(label, 64) ?? stem,
          quantity: kind.quantity,
          value,
          ...setLimitsOf({ quantity: kind.quantity, low, high, critical, alarm: alarm === undefined ? undefined : alarm.trim() === '1' }),
        },
      ]
    }),
  )
  return sensors.flat()
}

function scaled(text: string | undefined, scale: number): number | undefined {
  const trimmed = text?.trim() ?? ''
  return /^-?\d{1,12}$/.test(trimmed) ? Number(trimmed) / scale : undefined
}
