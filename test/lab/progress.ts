// How far the nodes are, while they boot: a line a node on a terminal, a line an event elsewhere. Pure.

import { STAGES } from './attempts.ts'
import { type Boot, currentStage, diagnosisOf, isUp, stageOf, totalSeconds } from './boots.ts'
import { seconds } from './table.ts'

/** One line a node, no wider than `width`: `node1  ■■■■□□□□□  kernel  14.2 s  detail`. */
export function progressLines(boots: readonly Boot[], now: number, width: number): readonly string[] {
  const widest = Math.max(...boots.map((boot) => boot.name.length))
  return boots.map((boot) => {
    const elapsed = seconds(totalSeconds(boot) ?? (now - boot.poweredOnAt) / 1000) ?? ''
    const line = [boot.name.padEnd(widest), bar(boot), wordFor(boot).padEnd(9), elapsed.padStart(7), remarkOn(boot)].join('  ')
    return line.trimEnd().slice(0, width)
  })
}

/** What is new between two looks, with seconds since power-on. */
export function progressNews(before: readonly Boot[], after: readonly Boot[]): readonly string[] {
  return after.flatMap((boot, index) => {
    const old = before[index]
    const reached = STAGES.flatMap((stage) => {
      const entry = stageOf(boot, stage)
      if (!entry || entry.status === 'running' || (old && stageOf(old, stage)?.status === entry.status)) return []
      return [newsLine(boot, (entry.at - boot.poweredOnAt) / 1000, entry.stage, entry.status === 'failed' ? 'failed' : '', entry.detail)]
    })
    const state = boot.attempt?.state
    const trouble = (state === 'stuck' || state === 'failed') && old?.attempt?.state !== state
    return trouble ? [...reached, `         ${boot.name}  ${state}: ${diagnosisOf(boot)}`] : reached
  })
}

function newsLine(boot: Boot, at: number, ...words: readonly (string | undefined)[]): string {
  return [(seconds(at) ?? '').padStart(7), boot.name, ...words].filter(Boolean).join('  ')
}

function bar(boot: Boot): string {
  return STAGES.map((stage) => {
    const status = stageOf(boot, stage)?.status
    return status === 'failed' ? '✗' : status === 'running' ? '▪' : status === 'done' ? '■' : '□'
  }).join('')
}

function wordFor(boot: Boot): string {
  return isUp(boot) ? 'up' : (currentStage(boot)?.stage ?? 'powered')
}

function remarkOn(boot: Boot): string {
  const state = boot.attempt?.state
  return state === 'stuck' || state === 'failed' ? diagnosisOf(boot) : ''
}
