/** How long what has come may wait for traffic to ride on before it is acknowledged alone. In ms. */
export const ACKNOWLEDGE_AFTER = 1_000;

/** How long an end rests that has sent much again. In ms. */
export const REST = 1_000;
