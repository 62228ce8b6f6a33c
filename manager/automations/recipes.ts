// All recipes that this manager has, a line each.
import type { Recipe } from '../automation/recipe.ts'
import { EVACUATE_HOST } from './evacuate/evacuate.ts'
import { BRING_HOME } from './evacuate/home/bring-home.ts'
import { CHANGE_GUEST } from './guests/change.ts'
import { CREATE_GUEST } from './guests/create.ts'
import { DESTROY_GUEST, STOP_GUEST } from './guests/end.ts'
import { START_GUEST } from './guests/start.ts'
import { PAUSE_GUEST, REBOOT_GUEST, UNPAUSE_GUEST } from './guests/while-running.ts'
import { MIGRATE_GUEST } from './migrate/migrate.ts'
import { MAKE_VG, REMOVE_VG } from './vg.ts'

const GUESTS: readonly Recipe[] = [
  ...[CREATE_GUEST, START_GUEST, STOP_GUEST, DESTROY_GUEST],
  ...[REBOOT_GUEST, PAUSE_GUEST, UNPAUSE_GUEST, CHANGE_GUEST, MIGRATE_GUEST],
]

export const RECIPES: readonly Recipe[] = [MAKE_VG, REMOVE_VG, EVACUATE_HOST, BRING_HOME, ...GUESTS]
