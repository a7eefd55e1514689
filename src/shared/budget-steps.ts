// How far an object's budget may move where neither a plan nor the caller says otherwise: the
// contract's limits, which the policies propose by and the guards refuse by.

/** Percent within 24 hours: larger edits are what restarts a platform's learning. */
export const MAX_CHANGE_PCT_24H = 20;
/** Percent within seven days: three full steps. */
export const MAX_CHANGE_PCT_7D = 60;
