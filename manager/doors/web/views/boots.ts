// Boot attempts, dom0 images, appliances, and the checklist until the first host, as pages show them.
import type { AnyBootAttempt, Appliance, BootedImage } from '../../../contract/boots.ts'
import type { ChecklistStep } from '../../../contract/checklist.ts'
import { sayOutcome } from '../../../protocol/once.ts'
import { sayNames } from '../../../wording.ts'
import { facts, hostPath, moment, sayMany, saySeconds } from './words.ts'

const MARKS: Readonly<Record<ChecklistStep['state'], { readonly mark: string; readonly said: string }>> = {
  done: { mark: '✓', said: 'done' },
  waiting: { mark: '…', said: 'to come' },
  failed: { mark: '✗', said: 'does not work' },
  unknown: { mark: '?', said: 'not known' },
}

/** Where a step is seen to. */
const PATHS: Readonly<Partial<Record<ChecklistStep['name'], string>>> = { image: '/boots', boot: '/boots', approval: '/pending' }

export function checklistView({ over, steps }: { readonly over: boolean; readonly steps: readonly ChecklistStep[] }) {
  const done = steps.filter(({ state }) => state === 'done').length
  return {
    isOver: over,
    said: done === steps.length ? 'All is done.' : `${done} of ${steps.length} are done.`,
    steps: steps.map(({ name, title, state, seen, mend }) => ({
      ...{ title, seen, state, ...MARKS[state] },
      mend: state === 'done' ? '' : (mend ?? ''),
      path: PATHS[name] ?? '',
    })),
  }
}

export function bootsView(boots: readonly AnyBootAttempt[], images: readonly BootedImage[], appliances: readonly Appliance[]) {
  return {
    boots: boots.map(
      ({ id, mac, host, hostName, outcome, once, started, ended, stages, diagnosis, image, generation, address, appliance }) => {
        const last = stages.at(-1)
        return {
          id,
          outcome,
          said: sayOutcome({ outcome, once }),
          who: hostName ?? mac,
          path: host === undefined || hostName === undefined ? '' : hostPath({ id: host, name: hostName }),
          started: moment(started),
          took: ended === undefined ? '' : saySeconds(ended - started),
          stage: last ? `${last.stage} ${last.state}` : '',
          diagnosis: diagnosis ?? '',
          stages: stages.map(({ stage, state, at, detail }) => ({ stage, state, after: saySeconds(at - started), detail })),
          facts: facts({ MAC: mac, Address: address, Image: image && `${image} ${generation ?? ''}`, Appliance: appliance }),
        }
      },
    ),
    images: images.map(({ image, generation, hosts, others, last }) => ({
      image,
      generation,
      last: moment(last),
      who: [sayNames(hosts), others > 0 ? sayMany(others, 'machine that is no host', 'machines that are no hosts') : '']
        .filter(Boolean)
        .join(', '),
    })),
    appliances: appliances.map(({ address, version, lastSeen, leases }) => ({
      ...{ address, version, lastSeen: moment(lastSeen), leases: sayMany(leases, 'address', 'addresses') },
    })),
  }
}
