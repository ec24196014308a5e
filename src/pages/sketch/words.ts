import { shuffled } from './shuffled.js';

/** How many words a drawer can choose from. */
const OFFERED = 3;

/** Things that most people can draw, and name, within a minute. */
export const WORDS: readonly string[] = `
airplane, alarm clock, ambulance, anchor, ant, apple, arrow, avocado, backpack, bagpipes, balloon,
banana, banjo, barn, basketball, bat, bathtub, bear, bed, bee, bell, bicycle, binoculars, boat,
book, boomerang, bottle, bow tie, bread, bridge, broom, bucket, butterfly, cactus, cake, camel,
camera, campfire, candle, cannon, carrot, castle, cat, cheese, cherry, chess, chicken, chimney,
clown, cloud, coffee, comb, compass, cow, crab, crocodile, crown, cupcake, diamond, dice, dinosaur,
dolphin, donkey, door, dragon, drum, duck, ear, earth, egg, elephant, envelope, eye, feather,
fence, fire engine, fish, flag, flamingo, flower, flute, fork, fountain, fox, frog, ghost, giraffe,
glasses, glove, goat, grapes, guitar, hamburger, hammer, hammock, hat, headphones, hedgehog,
helicopter, hot dog, house, ice cream, igloo, island, jellyfish, kangaroo, kettle, key, kite,
knight, koala, ladder, ladybird, lamp, leaf, lemon, light bulb, lighthouse, lion, lizard, lobster,
magnet, map, mask, mermaid, microphone, mirror, monkey, moon, mosquito, mountain, mouse, mushroom,
nail, nest, octopus, onion, owl, paintbrush, palm tree, panda, parachute, parrot, peacock, pear,
pencil, penguin, piano, pig, pineapple, pirate, pizza, popcorn, pumpkin, pyramid, rabbit, radio,
rainbow, ring, robot, rocket, roller skate, rose, sandcastle, sandwich, saw, scarecrow, scissors,
scorpion, seahorse, shark, sheep, shell, shoe, shower, skateboard, skeleton, sledge, snail, snake,
snowman, sock, spaghetti, spider, spoon, squirrel, star, strawberry, submarine, suitcase, sun,
sunflower, swan, sword, teapot, telephone, telescope, tent, tiger, toaster, toilet, tomato,
toothbrush, tornado, tractor, traffic light, train, treasure, tree, trophy, trumpet, turtle,
umbrella, unicorn, vacuum cleaner, vampire, violin, volcano, waterfall, watermelon, whale, wheel,
windmill, witch, wolf, worm, zebra
`
  .split(',')
  .map((word) => word.trim());

/** Words to choose from, and all that have been offered so far: none twice before all have been. */
export function offerWords(
  offered: readonly string[],
  random: () => number,
): { readonly words: readonly string[]; readonly offered: readonly string[] } {
  const fresh = WORDS.filter((word) => !offered.includes(word));
  if (fresh.length < OFFERED) return offerWords([], random);
  const words = shuffled(fresh, random).slice(0, OFFERED);
  return { words, offered: [...offered, ...words] };
}
