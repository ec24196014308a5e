/** How long what has come may wait for traffic to ride on before it is acknowledged alone. In ms. */
export const ACKNOWLEDGE_AFTER = 1_000;
