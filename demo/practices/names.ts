/** Invented people and places of the demo. Any resemblance to real ones is coincidental. */
const words = (text: string): string[] => text.trim().split(/\s+/);

export const firstNames = words(`
  Ada Aaliyah Abel Abigail Adam Adriana Agnes Ahmed Aiko Alan Alba Alejandro Alice Alma Amara Amelia Amir Ana Anders
  Andrea Angela Anika Anthony Anton Arjun Arthur Asha Astrid Aurora Ayesha Barbara Beatriz Benjamin Bernice Beth Blanca
  Brandon Brenda Brigid Bruno Calvin Camila Carl Carmen Carol Cecilia Celeste Chantal Charles Chen Chloe Christine
  Clara Claude Colin Conrad Cora Craig Cynthia Daisy Dana Daniel Daphne Darius David Deborah Delia Dennis Diana Diego
  Dolores Donald Dora Douglas Dylan Edgar Edith Edwin Eileen Elaine Elena Eli Elisa Ellen Elmer Elsa Emeka Emil Emma
  Enrique Eric Erin Esther Ethan Eva Evelyn Fatima Felix Fiona Flora Floyd Frances Frank Freya Gabriel Gail Gareth
  Genevieve George Gina Gloria Gordon Grace Greta Gustavo Hana Harold Harriet Hassan Hazel Heather Hector Heidi Helen
  Henry Hilda Hiro Hope Hugo Ian Ida Imani Ines Ingrid Irene Iris Isaac Isabel Ivan Ivy Jack Jada Jamal James Janet
  Jasmine Jean Jerome Joan Joel Jonas Jorge Josephine Joyce Juan Judith Julia Kai Karen Katya Keiko Kenneth Kofi Lars
  Laura Leah Leon Leticia Liam Lila Linda Lionel Lois Lorenzo Louise Lucia Lydia Mabel Magnus Malik Marcia Margot Maria
  Marta Martin Matilda Maya Mei Mercedes Milo Miriam Monica Nadia Naomi Nathan Nell Nina Noah Nora Olga Olive Omar Oscar
  Owen Paloma Patrick Paula Pearl Pedro Petra Philip Priya Quentin Rachel Rafael Ramona Ravi Rebecca Renata Rita Robert
  Rosa Ruben Ruth Salma Samuel Sandra Selma Sigrid Silas Simone Sofia Stella Sunita Tamar Tara Teresa Theo Thomas Tobias
  Ursula Valerie Vera Victor Vincent Viola Wanda Warren Wendy Willa Xavier Yara Yusuf Yvonne Zelda Zora`);

export const lastNames = words(`
  Abbott Abrams Acosta Adeyemi Aguilar Alder Almeida Amadi Anand Archer Arroyo Ashby Atwood Avery Bailey Baird Banerjee
  Barlow Barros Becker Bell Benitez Berg Birch Blackwood Blake Boateng Bowen Bradford Brandt Briggs Brook Burke Byrne
  Cabrera Calder Campos Carver Castillo Chandra Chavez Choi Clark Cole Conti Corbett Cordero Crane Cruz Dalton Darby
  Delgado Dhillon Diaz Dixon Donovan Doyle Drake Dunn Easton Eaton Ekholm Ellis Emery Espinoza Falk Farah Farrell Ferrari
  Finch Fischer Flores Forsyth Foster Fox Frost Fuentes Gallo Garner Gates Gibbs Glass Gomes Grant Greer Griffin Gupta
  Haas Hale Hansen Harding Hart Hayes Heath Hendricks Herrera Hicks Holm Hooper Horvath Howell Huang Hughes Ibrahim
  Ingram Iyer Jacobsen Jennings Jensen Jimenez Joshi Kamara Kaplan Keane Keller Kerr Khan Kimura Kline Koch Kowalski
  Kruger Lambert Queue Larsen Lau Leclerc Lindqvist Lobo Logan Lopez Lowe Lund Lynch Mahmoud Maier Malone Marsh Martel
  Mathis Mbeki Mercer Meyer Miranda Molina Moran Moreau Morrow Moss Mueller Nakamura Nash Navarro Nguyen Nolan Novak
  Nwosu Oakley Obrien Ochoa Okafor Olsen Ortega Osborne Owens Padilla Park Patel Pena Perkins Petrov Pham Pike Porter
  Prescott Quinn Quiroga Ramos Rao Redfern Reyes Rhodes Rios Rojas Romero Rowan Rowe Salazar Sandoval Santos Sato
  Schmidt Serrano Shah Sharma Sheridan Silva Singh Sloan Snow Solis Sorensen Stark Stone Strand Suzuki Swift Tanaka
  Tate Thorne Torres Tran Underwood Usman Vance Varga Vega Vogel Wade Walsh Ward Weaver Webb Weiss Whitlock Wilder
  Winter Wolfe Wong Woods Yamamoto Yates Yilmaz York Zamora Zhang Ziegler Zuniga`);

export const titles = ['Mr.', 'Mrs.', 'Ms.', 'Dr.', 'Miss', ''];

export const streets = words(`
  Elm Oak Maple Cedar Birch Willow Chestnut Walnut Juniper Hawthorn Mill River Lake Hill Church School Station Meadow
  Orchard Prairie Ridge Spring Sunset Valley Quarry Harbor Bridge Garden Lantern Heron Fox Larkspur Clover Pioneer`);

export const streetKinds = ['St', 'Ave', 'Rd', 'Ln', 'Dr', 'Ct', 'Way'];

export const towns =
  `Alder Falls|Brookhaven|Cedar Point|Dunmore|Eastfield|Fox Hollow|Glenbrook|Miller's Crossing|Ironwood|
  Juniper Bend|Kingsley|Larkhill|Millbrook|North Fork|Orchard Park|Pine Ridge|Quarry Hill|Rosedale|Stillwater|Three Oaks`
    .split('|')
    .map((town) => town.trim());

/** Only reserved domain names (RFC 2606), so that no email to them can reach anyone. */
export const mailDomains = words(`
  heron.example larkspur.example brightmail.example postbox.example mailhive.example cloverpost.example
  riverline.example fastnet.example`);

export const companies = words(`
  Kennels Stables Farm Boarding Grooming Cattery Ranch Dairy Aquatics Nursery`);
export const rescues = ['Animal Rescue', 'Cat Rescue', 'Greyhound Rescue', 'Humane Society', 'Rabbit Haven'];
