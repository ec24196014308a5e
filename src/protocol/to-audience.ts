/** Whether the audience gets a message `too`, or `only` the audience. */
export type ToAudience = 'too' | 'only';
