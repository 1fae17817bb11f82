/** Pets of the demo: invented names, species as practices write them, breeds and colours. */
const words = (text: string): string[] => text.trim().split(/\s+/);
const list = (text: string): string[] => text.split(',').map((each) => each.trim());

export const petNames = words(`
  Abby Ace Alfie Angus Apollo Archie Arlo Aspen Athena Bagel Bailey Bandit Barley Basil Bean Bear Beau Bella Benji Betty
  Biscuit Blaze Blue Bo Bolt Bonnie Boots Bramble Brie Bruno Bubbles Buddy Buster Butters Cali Callie Casper Champ Charlie
  Chester Chewy Chip Cleo Clover Coco Comet Cookie Copper Cosmo Daisy Dakota Dash Dexter Diesel Dixie Domino Dot Duke
  Dusty Echo Ella Ember Felix Fern Fig Finn Fiona Flash Fluffy Freckles Frankie Gigi Ginger Goose Gracie Gus Hank Harley
  Hazel Henry Honey Huck Hunter Indie Iris Jack Jasper Jax Jester Juno Kiki Kiwi Kobe Koda Lady Leo Lexi Lily Loki Lola
  Louie Lucky Lulu Luna Mabel Maggie Maple Marley Maverick Max Meatball Mia Midnight Millie Milo Minnie Mittens Mocha
  Molly Moose Muffin Murphy Nacho Nala Nemo Nibbles Noodle Nova Nugget Oakley Odin Olive Ollie Oreo Oscar Otis Otto
  Patches Peanut Pepper Pearl Penny Percy Piper Pip Pixel Poppy Pumpkin Quincy Radar Rex Ripley Rocky Rolo Romeo Rosie
  Roxy Ruby Rusty Sadie Sam Sasha Scout Shadow Simba Smokey Snickers Socks Sophie Sparky Stella Storm Sugar Sunny Taco
  Tank Teddy Theo Thor Tigger Tilly Toby Trixie Truffle Tucker Turbo Twix Velvet Waffles Walnut Willow Winnie Winston
  Wren Yoshi Ziggy Zoe`);

export interface SpeciesWord {
  /** The name that most practices write. */
  name: string;
  /** Other names that a minority writes, to vary the code tables. */
  others: string[];
  breeds: string[];
  weight: number;
}

export const species: SpeciesWord[] = [
  {
    name: 'Canine',
    others: ['Dog', 'K9', 'CANINE'],
    weight: 55,
    breeds: list(
      'Mixed Breed, Labrador Retriever, Golden Retriever, Beagle, Boxer, Border Collie, Dachshund, German Shepherd, Poodle, Chihuahua, Pug, Whippet, Great Dane, Corgi, Shih Tzu, Terrier Cross',
    ),
  },
  {
    name: 'Feline',
    others: ['Cat', 'FEL', 'feline'],
    weight: 34,
    breeds: list('Domestic Shorthair, Domestic Longhair, Siamese, Maine Coon, Ragdoll, Bengal, Persian, Manx'),
  },
  { name: 'Rabbit', others: ['Lagomorph', 'Bunny'], weight: 3, breeds: list('Lop, Lionhead, Dutch, Rex') },
  { name: 'Equine', others: ['Horse'], weight: 3, breeds: list('Quarter Horse, Arabian, Morgan, Pony') },
  { name: 'Avian', others: ['Bird'], weight: 2, breeds: list('Cockatiel, Budgerigar, Conure, African Grey') },
  {
    name: 'Reptile',
    others: ['Lizard'],
    weight: 1,
    breeds: list('Bearded Dragon, Leopard Gecko, Ball Python'),
  },
  { name: 'Guinea Pig', others: ['Cavy', 'Exotic'], weight: 2, breeds: list('American, Abyssinian') },
];

export const colours = list('Black, Brown, White, Tan, Brindle, Calico, Grey, Tricolour, Orange Tabby, Sable, Cream');
