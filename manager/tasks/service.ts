// Long work of the pool, composed of who has it done.
import type { Log } from '../../appliance/wire/log.ts'
import type { Automations } from '../automation/service.ts'
import type { ScanBook } from '../storage/scan-book.ts'
import type { VmImages } from '../vm-images/service.ts'
import { KeptTasks } from './kept.ts'
import { automationTasks } from './sources/automations.ts'
import { keepImageTasks } from './sources/images.ts'
import { keepScanTasks } from './sources/scans.ts'
import { Tasks } from './tasks.ts'

export interface TasksDeps {
  readonly automations: Automations
  readonly images: VmImages
  readonly scans: ScanBook
  readonly hostName: (id: string) => string
  readonly now: () => number
  readonly newId: () => string
  /** Milliseconds after their end: of what is no automation. */
  readonly keepFor: number
  readonly log: Log
}

/** Before anything is begun that is to be known. */
export function openTasks({ automations, images, scans, hostName, ...options }: TasksDeps): Tasks {
  const kept = new KeptTasks(options)
  keepImageTasks(images, kept)
  keepScanTasks({ book: scans, hostName }, kept)
  return new Tasks([kept, automationTasks(automations)])
}
