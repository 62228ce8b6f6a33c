// All recipes that this manager has, a line each.
import type { Recipe } from '../automation/recipe.ts'
import { MAKE_VG, REMOVE_VG } from './vg.ts'

export const RECIPES: readonly Recipe[] = [MAKE_VG, REMOVE_VG]
