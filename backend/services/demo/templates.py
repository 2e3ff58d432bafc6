"""Five email templates: two bring their own layout, the others let the frame bring width, colours and type."""

from __future__ import annotations

from typing import NamedTuple

from backend.domain.templates import TemplateFormat


class DemoTemplate(NamedTuple):
    """A template as its author would save it."""

    name: str
    subject: str
    source: str
    format: TemplateFormat = TemplateFormat.HTML


_NEWSLETTER = """<mjml>
  <mj-head>
    <mj-style>.kept { white-space: nowrap }</mj-style>
    <mj-preview>Les nouvelles de la communauté et les rendez-vous de la semaine.</mj-preview>
    <mj-attributes>
      <mj-all font-family="Inter, 'Segoe UI', Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="24px" color="#1c2024" padding="8px 32px" />
      <mj-button background-color="#3358d4" font-size="16px" font-weight="600" border-radius="6px" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f4f5f8">
    <mj-section background-color="#3358d4" padding="28px 0">
      <mj-column>
        <mj-text color="#ffffff" font-size="28px" line-height="36px" font-weight="600">La lettre de
          Beth Shalom</mj-text>
        <mj-text color="#e1e9ff">La semaine de la communauté</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" padding="24px 0 8px">
      <mj-column>
        <mj-text>Chère {{prenom}}, cher {{prenom}},</mj-text>
        <mj-text>Voici les nouvelles de la communauté et les rendez-vous de la semaine.</mj-text>
        <mj-text font-size="20px" line-height="28px" font-weight="600">Offices</mj-text>
        <mj-table font-size="16px" line-height="28px" color="#1c2024" padding="0 32px 8px">
          <tr><td class="kept"><strong>Vendredi</strong></td><td>Kabbalat Chabbat</td>
            <td class="kept" align="right">19h00</td></tr>
          <tr><td class="kept"><strong>Samedi</strong></td><td>Cha'harit, puis kiddouch</td>
            <td class="kept" align="right">9h30</td></tr>
          <tr><td class="kept"><strong>Dimanche</strong></td><td>Cours de Guemara</td>
            <td class="kept" align="right">10h00</td></tr>
        </mj-table>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" padding="0">
      <mj-column width="50%">
        <mj-text font-weight="600" color="#3358d4">Talmud Torah</mj-text>
        <mj-text>La rentrée a lieu mercredi à 14h, inscriptions au secrétariat.</mj-text>
      </mj-column>
      <mj-column width="50%">
        <mj-text font-weight="600" color="#3358d4">Conférence</mj-text>
        <mj-text>« Lire Rachi aujourd'hui », jeudi à 20h30, entrée libre.</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" padding="8px 0 32px">
      <mj-column>
        <mj-button href="https://example.org/agenda">Voir tout l'agenda</mj-button>
        <mj-text padding="16px 32px 8px" color="#60646c">« Ne te sépare pas de la communauté. »
          Hillel, Pirké Avot 2, 4</mj-text>
        <mj-text>Chabbat Chalom,<br />L'équipe de Beth Shalom</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>"""

_ROSH_HASHANAH = """<mjml>
  <mj-head>
    <mj-preview>As the year turns, the community counts on each of us.</mj-preview>
    <mj-attributes>
      <mj-all font-family="Inter, 'Segoe UI', Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="24px" color="#1c2024" padding="8px 32px" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#fbf7f2">
    <mj-section background-color="#8e4ec6" padding="32px 0">
      <mj-column>
        <mj-text align="center" color="#ffffff" font-size="28px" line-height="36px" font-weight="600">Our Rosh Hashanah
          campaign is open</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" padding="24px 0 8px">
      <mj-column>
        <mj-text>Dear {{first_name}},</mj-text>
        <mj-text>As the year turns, the community counts on each of us. Your gift keeps the doors open, the Talmud
          Torah free for every child, and a warm meal on the table of forty families.</mj-text>
        <mj-text font-size="20px" line-height="28px" font-weight="600">What your gift does</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" padding="0 16px">
      <mj-column>
        <mj-text align="center" font-size="24px" line-height="32px" font-weight="600" color="#8e4ec6"
          padding="8px">36 €</mj-text>
        <mj-text align="center" padding="0 8px 16px">schoolbooks for one child for a year</mj-text>
      </mj-column>
      <mj-column>
        <mj-text align="center" font-size="24px" line-height="32px" font-weight="600" color="#8e4ec6"
          padding="8px">180 €</mj-text>
        <mj-text align="center" padding="0 8px 16px">a holiday basket for a family of five</mj-text>
      </mj-column>
      <mj-column>
        <mj-text align="center" font-size="24px" line-height="32px" font-weight="600" color="#8e4ec6"
          padding="8px">540 €</mj-text>
        <mj-text align="center" padding="0 8px 16px">one month of transport for our seniors</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" padding="8px 0 32px">
      <mj-column>
        <mj-button href="https://example.org/donate" background-color="#8e4ec6" font-size="16px" font-weight="600"
          border-radius="6px">Make my donation</mj-button>
        <mj-text>The tax receipt arrives by email within a day.</mj-text>
        <mj-text>Shana Tova, שנה טובה ומתוקה,<br />The Board of Beth Shalom</mj-text>
        <mj-divider border-width="1px" border-color="#e0e1e6" padding="16px 32px 8px" />
        <mj-text font-size="12px" line-height="16px" color="#60646c">You receive this as a member of the community.
          <a href="{{mailing_unsubscribe}}" style="color: #60646c">Unsubscribe</a></mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>"""

TEMPLATES = (
    DemoTemplate("Newsletter", "La lettre de Beth Shalom", _NEWSLETTER, TemplateFormat.MJML),
    DemoTemplate("Rosh Hashanah campaign", "Our Rosh Hashanah campaign is open", _ROSH_HASHANAH, TemplateFormat.MJML),
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
