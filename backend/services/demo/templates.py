"""Five email templates. Plain structure only: the frame around them brings width, colours and type."""

from __future__ import annotations

from typing import NamedTuple


class DemoTemplate(NamedTuple):
    """A template as its author would save it."""

    name: str
    subject: str
    html: str


TEMPLATES = (
    DemoTemplate(
        "Newsletter",
        "La lettre de Beth Shalom",
        """<h1>La lettre de Beth Shalom</h1>
<p>Chère {{prenom}}, cher {{prenom}},</p>
<p>Voici les nouvelles de la communauté et les rendez-vous de la semaine.</p>
<h2>Offices</h2>
<table><tbody>
<tr><td><strong>Vendredi</strong></td><td>Kabbalat Chabbat</td><td>19h00</td></tr>
<tr><td><strong>Samedi</strong></td><td>Cha'harit, puis kiddouch</td><td>9h30</td></tr>
<tr><td><strong>Dimanche</strong></td><td>Cours de Guemara</td><td>10h00</td></tr>
</tbody></table>
<h2>À ne pas manquer</h2>
<ul>
<li><strong>Talmud Torah</strong> : la rentrée a lieu mercredi à 14h, inscriptions au secrétariat.</li>
<li><strong>Conférence</strong> : « Lire Rachi aujourd'hui », jeudi à 20h30, entrée libre.</li>
<li><strong>Bénévoles</strong> : nous cherchons six personnes pour préparer les paniers solidaires.</li>
</ul>
<blockquote>« Ne te sépare pas de la communauté. » — Hillel, Pirké Avot 2, 4</blockquote>
<p><a href="https://example.org/agenda">Voir tout l'agenda</a></p>
<p>Chabbat Chalom,<br>L'équipe de Beth Shalom</p>""",
    ),
    DemoTemplate(
        "Rosh Hashanah campaign",
        "Our Rosh Hashanah campaign is open",
        """<h1>Our Rosh Hashanah campaign is open</h1>
<p>Dear {{first_name}},</p>
<p>As the year turns, the community counts on each of us. Your gift keeps the doors open, the Talmud Torah free
for every child, and a warm meal on the table of forty families.</p>
<h2>What your gift does</h2>
<ul>
<li><strong>36 €</strong>: schoolbooks for one child for a year</li>
<li><strong>180 €</strong>: a holiday basket for a family of five</li>
<li><strong>540 €</strong>: one month of transport for our seniors</li>
</ul>
<p><a href="https://example.org/donate"><strong>Make my donation</strong></a></p>
<p>The tax receipt arrives by email within a day.</p>
<p>Shana Tova, שנה טובה ומתוקה,<br>The Board of Beth Shalom</p>""",
    ),
    DemoTemplate(
        "General assembly",
        "Convocation à l'assemblée générale",
        """<h1>Assemblée générale ordinaire</h1>
<p>{{full_name}},</p>
<p>Vous êtes invité(e) à l'assemblée générale de l'association, dimanche à 10h, dans la grande salle.</p>
<h2>Ordre du jour</h2>
<ol>
<li>Rapport moral du président</li>
<li>Rapport financier et approbation des comptes</li>
<li>Budget de l'année et cotisations</li>
<li>Renouvellement du tiers sortant du conseil</li>
<li>Questions diverses</li>
</ol>
<p>Si vous ne pouvez pas venir, remettez le pouvoir ci-joint à un membre à jour de sa cotisation
(deux pouvoirs au plus par personne).</p>
<hr>
<p>Le secrétaire général</p>""",
    ),
    DemoTemplate(
        "Mazal Tov",
        "Mazal Tov, {{first_name}}!",
        """<h1>מזל טוב · Mazal Tov!</h1>
<p>Dear {{first_name}} {{hebrew_first_name}},</p>
<p>The whole community shares your joy and wishes you and your family <em>mazal, berakha and hatzla'ha</em>.</p>
<p>We look forward to celebrating with you at the kiddush this Shabbat.</p>
<p dir="rtl">בברכה חמה,<br>קהילת בית שלום</p>""",
    ),
    DemoTemplate(
        "Event invitation",
        "Invitation : soirée de la communauté",
        """<h1>Vous êtes invités !</h1>
<p>Bonjour {{prenom}},</p>
<p>La soirée annuelle de la communauté a lieu <strong>jeudi à 20h</strong>, au centre Beth Shalom.</p>
<table><tbody>
<tr><td>20h00</td><td>Accueil et buffet cacher</td></tr>
<tr><td>21h00</td><td>Concert : mélodies judéo-espagnoles</td></tr>
<tr><td>22h30</td><td>Tombola au profit du Talmud Torah</td></tr>
</tbody></table>
<p><a href="https://example.org/soiree">Réserver ma place</a> : participation 18 €, gratuit avant 12 ans.</p>
<p>Nous nous réjouissons de vous y voir.</p>""",
    ),
)
