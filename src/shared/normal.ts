// The normal distribution's constants.

/** Its 97.5 % quantile: a 95 % interval reaches this many standard deviations to either side. */
export const Z95 = 1.959963984540054;
